-- TrakCare side, InterSystems SQL (IRIS or Caché), schema SQLUser: the integration table that the hub reads and, in the initial load, fills.
-- Written after the vendor's documentation and not run on IRIS by this project's tests (docs/iris.md). Run as a user who may create in SQLUser.

CREATE TABLE SQLUser.PacienteSES (
    PacienteId        BIGINT        NOT NULL,   -- PA_Person.PAPER_RowId
    Prontuario        VARCHAR(30),              -- PA_PatMas.PAPMI_No
    Nome              VARCHAR(250),             -- PAPER_Name, as it stands
    Nome2             VARCHAR(250),             -- PAPER_Name2
    Nome3             VARCHAR(250),             -- PAPER_Name3
    NomeMae           VARCHAR(250),             -- PAPER_MotherName
    DataNascimento    DATE,                     -- PAPER_Dob
    Sexo              VARCHAR(10),              -- CT_Sex.CTSEX_Code
    Documento         VARCHAR(30),              -- PAPER_ID (CPF)
    Cartao            VARCHAR(30),              -- PAPER_GovernCardNo (CNS)
    Celular           VARCHAR(60),              -- PAPER_MobPhone
    Email             VARCHAR(250),             -- PAPER_Email
    Obito             VARCHAR(1),               -- PAPER_Deceased
    DataObito         DATE,                     -- PAPER_Deceased_Date
    UnificadoCom      BIGINT,                   -- PAPER_RowId of the patient that this one was merged into
    AlteradoClinicoEm TIMESTAMP,                -- last change that the columns above do not show: episodes and all below, address, ...
    AtualizadoEm      TIMESTAMP     NOT NULL,   -- last write of this row, local time; only ever grows
    CONSTRAINT PacienteSES_PK PRIMARY KEY (PacienteId)
);
CREATE INDEX PacienteSES_Marcador ON TABLE SQLUser.PacienteSES (AtualizadoEm, PacienteId);

-- The hub's account: reads TrakCare's tables, writes this one only.
GRANT SELECT, INSERT ON SQLUser.PacienteSES TO FUSION_INTEGRACAO;

-- Upkeep after the initial load: whoever registers later, every change of what is copied, every change that is not. SQL triggers fire for SQL
-- statements; where TrakCare saves through objects the class needs Foreach = row/object. A site that may not change vendor classes lets a
-- scheduled task write the same columns from the tables' *_UpdateDate and *_UpdateTime.

-- The person and the registration, in whichever order they are saved.
CREATE TRIGGER SQLUser.FusionPessoa AFTER INSERT, UPDATE ON SQLUser.PA_Person REFERENCING NEW ROW AS n
BEGIN
    INSERT INTO SQLUser.PacienteSES (PacienteId, Prontuario, AtualizadoEm)
        SELECT m.PAPMI_PAPER_DR, m.PAPMI_No, CURRENT_TIMESTAMP(3) FROM SQLUser.PA_PatMas m
         WHERE m.PAPMI_PAPER_DR = n.PAPER_RowId
           AND NOT EXISTS (SELECT 1 FROM SQLUser.PacienteSES s WHERE s.PacienteId = n.PAPER_RowId);
    UPDATE SQLUser.PacienteSES
       SET Nome = n.PAPER_Name, Nome2 = n.PAPER_Name2, Nome3 = n.PAPER_Name3, NomeMae = n.PAPER_MotherName, DataNascimento = n.PAPER_Dob,
           Sexo = (SELECT x.CTSEX_Code FROM SQLUser.CT_Sex x WHERE x.CTSEX_RowId = n.PAPER_Sex_DR), Documento = n.PAPER_ID,
           Cartao = n.PAPER_GovernCardNo, Celular = n.PAPER_MobPhone, Email = n.PAPER_Email, Obito = n.PAPER_Deceased,
           DataObito = n.PAPER_Deceased_Date, AtualizadoEm = CURRENT_TIMESTAMP(3)
     WHERE PacienteId = n.PAPER_RowId;
END;
CREATE TRIGGER SQLUser.FusionCadastro AFTER INSERT, UPDATE ON SQLUser.PA_PatMas REFERENCING NEW ROW AS n
BEGIN
    INSERT INTO SQLUser.PacienteSES (PacienteId, Nome, Nome2, AtualizadoEm)
        SELECT p.PAPER_RowId, p.PAPER_Name, p.PAPER_Name2, CURRENT_TIMESTAMP(3) FROM SQLUser.PA_Person p
         WHERE p.PAPER_RowId = n.PAPMI_PAPER_DR
           AND NOT EXISTS (SELECT 1 FROM SQLUser.PacienteSES s WHERE s.PacienteId = n.PAPMI_PAPER_DR);
    UPDATE SQLUser.PacienteSES
       SET Prontuario = n.PAPMI_No, AlteradoClinicoEm = CURRENT_TIMESTAMP(3), AtualizadoEm = CURRENT_TIMESTAMP(3)
     WHERE PacienteId = n.PAPMI_PAPER_DR;
END;
-- What messages say of a person and PacienteSES does not copy; a site that keeps names or documents in other columns adds them here.
CREATE TRIGGER SQLUser.FusionPessoaOutras AFTER UPDATE OF PAPER_StName, PAPER_Zip_DR, PAPER_CityCode_DR, PAPER_TelH ON SQLUser.PA_Person
    REFERENCING NEW ROW AS n
BEGIN
    UPDATE SQLUser.PacienteSES SET AlteradoClinicoEm = CURRENT_TIMESTAMP(3), AtualizadoEm = CURRENT_TIMESTAMP(3) WHERE PacienteId = n.PAPER_RowId;
END;
CREATE TRIGGER SQLUser.FusionUnificacao AFTER INSERT, UPDATE ON SQLUser.PA_MergePatient REFERENCING NEW ROW AS n
BEGIN
    UPDATE SQLUser.PacienteSES
       SET UnificadoCom = (SELECT d.PAPMI_PAPER_DR FROM SQLUser.PA_PatMas d WHERE d.PAPMI_RowId1 = n.MRG_PAPMI_To_DR),
           AtualizadoEm = CURRENT_TIMESTAMP(3)
     WHERE PacienteId = (SELECT m.PAPMI_PAPER_DR FROM SQLUser.PA_PatMas m WHERE m.PAPMI_RowId1 = n.MRG_PAPMI_From_DR);
END;
-- Repeat this one for PA_AdmTransaction, PA_Allergy, MR_Diagnos, MR_Observations, MR_NursingNotes, MR_Procedures, OE_OrdItem and
-- RB_OperatingRoom with each table's own way to the patient (include/fusion/sistemas/trackcare/sql has the joins). Where TrakCare deletes rows, AFTER DELETE
-- with the old row does the same.
CREATE TRIGGER SQLUser.FusionAdmissao AFTER INSERT, UPDATE ON SQLUser.PA_Adm REFERENCING NEW ROW AS n
BEGIN
    UPDATE SQLUser.PacienteSES
       SET AlteradoClinicoEm = CURRENT_TIMESTAMP(3), AtualizadoEm = CURRENT_TIMESTAMP(3)
     WHERE PacienteId = (SELECT PAPMI_PAPER_DR FROM SQLUser.PA_PatMas WHERE PAPMI_RowId1 = n.PAADM_PAPMI_DR);
END;
